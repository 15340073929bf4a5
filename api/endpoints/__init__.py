"""What can be asked over HTTP, a module a subject, each with its router; app.py names them all."""
