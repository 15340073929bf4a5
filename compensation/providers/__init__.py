"""Asks for a task's outputs: RunningHub, a folder or a web address with JSON, or a provider of the user's own."""
