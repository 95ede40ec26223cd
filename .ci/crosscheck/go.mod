module oboro/crosscheck

go 1.26.0

replace oboro => ../..

require (
	// Reads the patterns of Data Package 2.0, which look ahead, as browsers would.
	github.com/dlclark/regexp2 v1.12.0
	// Google's sampler of noise, beside which ours is held. Its flags and its logger stay here.
	github.com/google/differential-privacy/go/v3 v3.0.0
	// Holds the descriptors of published data sets to JSON Schema.
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	// The sampler that publishes.
	oboro v0.0.0-00010101000000-000000000000
)

require (
	github.com/golang/glog v1.2.0 // indirect
	golang.org/x/exp v0.0.0-20240222234643-814bf88cf225 // indirect
	golang.org/x/text v0.43.0 // indirect
	gonum.org/v1/gonum v0.14.0 // indirect
)
