//go:build tools

// Package tools pins Jaeger and what removes its old indices.
package tools

import (
	_ "github.com/jaegertracing/jaeger/cmd/es-index-cleaner"
	_ "github.com/jaegertracing/jaeger/cmd/jaeger"
)
