"""The bridge between a client and upstream, beside a proxy that copies bytes."""
