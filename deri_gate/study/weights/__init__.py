"""Tables of probe results -> what each kind of damage costs, and so what each metric weighs."""
