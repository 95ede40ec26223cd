package main

import (
	"errors"
	"fmt"
	"time"
)

// duration is a time.Duration that YAML writes as 5m or 2s.
type duration time.Duration

// UnmarshalText reads a duration such as 5m.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// size is a number of bytes that YAML writes as 64MB or 2GB.
type size int64

// UnmarshalText reads a size such as 64MB.
func (s *size) UnmarshalText(text []byte) error {
	var n int64
	var unit string
	if _, err := fmt.Sscanf(string(text), "%d%s", &n, &unit); err != nil {
		return errors.New("a size is a number with MB or GB behind it")
	}
	switch unit {
	case "MB":
		*s = size(n << 20)
	case "GB":
		*s = size(n << 30)
	default:
		return errors.New("a size is a number with MB or GB behind it")
	}
	return nil
}
