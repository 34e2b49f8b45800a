"""Search: how words are cut and folded, for titles, descriptions and names in any script."""
