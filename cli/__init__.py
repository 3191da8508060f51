"""The `wildrydes` command: one file a command, on the embedded AWS and on AWS."""
