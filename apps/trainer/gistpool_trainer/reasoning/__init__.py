"""From raw question-and-reasoning files to chains of tokens with thoughts, gists and continues."""
