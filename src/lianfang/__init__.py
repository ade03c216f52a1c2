"""Lianfang (联防): joint prevention of infectious disease in schools and other units."""
