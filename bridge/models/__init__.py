"""Claude models: names, rules and prices as data, and the backends' live lists."""
