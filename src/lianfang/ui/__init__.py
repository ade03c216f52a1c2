"""The one designed look and the phone shell: base templates, components, status catalogue, outbox."""
