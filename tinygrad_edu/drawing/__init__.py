"""Pictures of what was computed: `graph.draw` for the computation graph, `engine` for the program that lays it out."""
