//go:build tools

// Package tools pins Filebeat.
package tools

import (
	_ "github.com/elastic/beats/v7/filebeat"
)
