//go:build tools

// Package tools pins Jaeger.
package tools

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"
