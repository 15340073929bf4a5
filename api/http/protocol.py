"""What is no HTTP, or no whole request, is not worked on; it is answered with a problem like all other mistakes."""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import MEDIA_TYPE, Problem, problem_object
from consistency.events import json_bytes


class ProblemProtocol(H11Protocol):
    """The server's own, but for the form of its only answer, and for who sends nothing more and still reads."""

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio asks whether the connection is to stay open
        """Nothing more will come; a whole request is answered, and half a body is told that it is too little."""
        if self.cycle is None or self.cycle.response_started or self.transport.is_closing():
            return False
        if self.cycle.more_body:
            # The application, which waits for the rest, learns of the end and says nothing any more.
            self.cycle.disconnected = True
            self.send_400_response("the connection ended before the body did; send all that was announced")
            return False
        self.cycle.keep_alive = False
        return True

    def send_400_response(self, msg: str) -> None:
        """Answer, and close the connection."""
        body = json_bytes(problem_object(Problem(400, msg)))
        headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
        response = h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
