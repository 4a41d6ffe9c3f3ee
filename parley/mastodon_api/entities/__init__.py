"""The documented JSON shapes, as structs."""
