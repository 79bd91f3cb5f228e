"""The conversation, the same on every channel: what people type and press, and what they read."""
