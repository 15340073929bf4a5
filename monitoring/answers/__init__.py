"""What is known from the events: from the ledger, over HTTP, or from what this process itself has emitted."""
