"""Code for the layers: one module a layer, named like its meaning in dsl/layers."""
