"""What the command says, in English: templates with fields, one module for each part of the command."""
