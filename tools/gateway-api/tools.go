//go:build tools

// Package tools pins the module whose CustomResourceDefinitions the tests on a control plane take; it builds nothing.
package tools

import _ "sigs.k8s.io/gateway-api/apis/v1"
