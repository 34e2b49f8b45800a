"""What is kept on disk: records with their indexes, and the blocks of files."""
