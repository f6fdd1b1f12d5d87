"""How nets are made smaller, each way by the module of its name: `shrink(net, share, each)` gives
the smaller net, which is trained on from there; `each` tells whether each layer loses this share,
and not all layers together. LenetError where a net cannot be made smaller this way."""
