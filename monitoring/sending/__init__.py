"""From the disk to the other side: files in which events wait, and the thread that brings them further."""
