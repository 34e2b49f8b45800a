"""The command `knowchain`."""
