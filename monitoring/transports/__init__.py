"""The ways on which events leave a service: into the ledger, over HTTP, through Redis."""
