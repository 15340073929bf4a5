"""What a program does when it emits: the event is made, buffered, and handed to callbacks and the way out."""
