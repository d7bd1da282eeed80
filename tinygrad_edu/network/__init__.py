"""The networks on the slides: by hand in `delta`, by machine in `layer`."""
