"""What the compiler knows of the losses: a module each, under the name that the language has."""
