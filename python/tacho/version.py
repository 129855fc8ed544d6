"""The version of this package, the same as that of all of Tacho (a test compares)."""

VERSION = "0.4.0"
