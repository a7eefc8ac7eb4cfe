"""Every JSON file that is written or read: its model, and the JSON Schema made from it."""
