//go:build tools

// Package tools pins the module whose CustomResourceDefinitions the tests on a control plane take; it builds nothing.
package tools

import _ "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
