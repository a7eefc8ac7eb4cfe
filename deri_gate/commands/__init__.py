"""One file a command; each is a function that `import deri_gate` offers under its name."""
