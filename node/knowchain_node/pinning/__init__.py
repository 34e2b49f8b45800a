"""Pinning elsewhere: Kubo and pinning services keep what this home gives out, and are held to it."""
