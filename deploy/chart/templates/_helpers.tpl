{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* What is called the same in several objects. Names of objects and labels are those that scripts around Tetragon know. */}}

{{- define "tetragon.name" -}}tetragon{{- end }}

{{- define "tetragon.common" -}}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/part-of: tetragon
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "tetragon.selectorLabels" -}}
{{- if .Values.selectorLabelsOverride }}
{{- toYaml .Values.selectorLabelsOverride }}
{{- else -}}
app.kubernetes.io/name: tetragon
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}
{{- end }}
{{- define "tetragon.labels" -}}
app.kubernetes.io/name: tetragon
app.kubernetes.io/component: agent
{{ include "tetragon.common" . }}
{{- end }}

{{- define "tetragon-operator.selectorLabels" -}}
app.kubernetes.io/name: tetragon-operator
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}
{{- define "tetragon-operator.labels" -}}
app.kubernetes.io/name: tetragon-operator
app.kubernetes.io/component: operator
{{ include "tetragon.common" . }}
{{- end }}

{{- define "tetragon-rthooks.selectorLabels" -}}
app.kubernetes.io/name: tetragon-rthooks
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}
{{- define "tetragon-rthooks.labels" -}}
app.kubernetes.io/name: tetragon-rthooks
app.kubernetes.io/component: rthooks
{{ include "tetragon.common" . }}
{{- end }}

{{- define "tripline-webhook.selectorLabels" -}}
app.kubernetes.io/name: tripline-webhook
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}
{{- define "tripline-webhook.labels" -}}
app.kubernetes.io/name: tripline-webhook
app.kubernetes.io/component: webhook
{{ include "tetragon.common" . }}
{{- end }}

{{- define "tetragon.serviceAccount" -}}
{{ default .Release.Name .Values.serviceAccount.name }}
{{- end }}
{{- define "tetragon-operator.serviceAccount" -}}
{{ default (printf "%s-operator-service-account" .Release.Name) .Values.tetragonOperator.serviceAccount.name }}
{{- end }}

{{/* The image of a part: its own, or that of the agent. Takes (list CONTEXT IMAGE). */}}
{{- define "tetragon.image" -}}
{{- $root := index . 0 }}{{- $image := index . 1 }}{{- $agent := $root.Values.tetragon.image }}
{{- if $image.override }}{{ $image.override }}
{{- else if and $agent.override (not $image.repository) }}{{ $agent.override }}
{{- else }}{{ $image.repository | default $agent.repository }}:{{ $image.tag | default $agent.tag | default $root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "tetragon.tlsSecret" -}}
{{ default (printf "%s-server-certs" .Release.Name) .Values.tetragon.grpc.tls.existingSecret }}
{{- end }}

{{/* Values that cannot work are refused here, not by an agent that does not start. */}}
{{- define "tetragon.refuse" -}}
{{- $tls := .Values.tetragon.grpc.tls }}
{{- if $tls.enabled }}
{{- if hasPrefix "unix://" .Values.tetragon.grpc.address }}{{ fail "tetragon.grpc.tls is for a TCP address; tetragon.grpc.address is a socket file" }}{{ end }}
{{- if not (or $tls.auto.enabled $tls.existingSecret) }}{{ fail "tetragon.grpc.tls needs existingSecret, or auto.enabled" }}{{ end }}
{{- if and $tls.auto.enabled (not (has $tls.auto.method (list "helm" "certmanager"))) }}{{ fail (printf "tetragon.grpc.tls.auto.method is %s; it can be helm or certmanager" $tls.auto.method) }}{{ end }}
{{- end }}
{{- if not (has .Values.crds.installMethod (list "operator" "helm" "none")) }}{{ fail (printf "crds.installMethod is %s; it can be operator, helm or none" .Values.crds.installMethod) }}{{ end }}
{{- if not (has .Values.export.mode (list "stdout" "")) }}{{ fail (printf "export.mode is %s; it can be stdout or empty" .Values.export.mode) }}{{ end }}
{{- with .Values.webhook }}
{{- if and .enabled (not .kernels) }}{{ fail "webhook.kernels must be a volume with files of tripline kernel dump" }}{{ end }}
{{- if and .enabled .tls.existingSecret (not .tls.caBundle) }}{{ fail "webhook.tls.existingSecret needs webhook.tls.caBundle" }}{{ end }}
{{- end }}
{{- if .Values.rthooks.enabled }}
{{- if not .Values.rthooks.interface }}{{ fail "rthooks.interface must be set: oci-hooks" }}{{ end }}
{{- if ne .Values.rthooks.interface "oci-hooks" }}{{ fail (printf "rthooks.interface is %s; it can be oci-hooks" .Values.rthooks.interface) }}{{ end }}
{{- end }}
{{- end }}
