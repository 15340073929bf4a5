"""The channels: each knows one provider's protocol and what its answers mean."""
