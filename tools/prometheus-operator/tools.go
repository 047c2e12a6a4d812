//go:build tools

// Package tools pins the operator of Prometheus and the reloader that it puts beside Prometheus.
package tools

import (
	_ "github.com/prometheus-operator/prometheus-operator/cmd/operator"
	_ "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader"
)
