"""The bundled models: puzzles, their chains, training from nothing, and every file that ships."""
