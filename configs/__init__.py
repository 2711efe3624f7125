"""Settings: the typed form of `attrx.yaml`, its loading and checking, shipped presets, and the errors of attrx."""
