"""The web page: what people look at, and where they put things right with the mouse.

It is made on the server and needs neither JavaScript nor internet. A page is a module with a router: it takes a `Visit`
and answers with `show`; a form comes to a path of its own as `OperatorForm` or `PlainForm`, does what the API does by
api/orders, and answers with `back`, which tells on the next page what has happened.
"""
