"""The graph, one module per stage. A body names a core function and its upstream tables; everything else is derived."""
