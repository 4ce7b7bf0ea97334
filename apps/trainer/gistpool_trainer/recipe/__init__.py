"""The paper's runs as files and commands."""
