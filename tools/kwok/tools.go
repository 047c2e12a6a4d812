//go:build tools

// Package tools pins kwok. It needs Kubernetes libraries 0.33 and so cannot share the module of the cluster.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
