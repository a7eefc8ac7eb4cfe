"""Raw values of one dataset, and the evidence behind them."""
