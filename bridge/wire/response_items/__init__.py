"""Items of the Responses API's built-in tools, as the items that every chat has."""
