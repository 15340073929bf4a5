"""What is no HTTP never reaches the application; it is answered with a problem like all other mistakes."""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import MEDIA_TYPE, Problem, problem_object
from consistency.events import json_bytes


class ProblemProtocol(H11Protocol):
    """The server's own, but for the form of its only answer."""

    def send_400_response(self, msg: str) -> None:
        """Answer, and close the connection."""
        body = json_bytes(problem_object(Problem(400, msg)))
        headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
        response = h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
