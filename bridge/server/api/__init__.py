"""The endpoints: one module per resource, each with its `ROUTES`."""
