"""Networks trained on a dataset and on its damaged variants, to see what the damage costs."""
