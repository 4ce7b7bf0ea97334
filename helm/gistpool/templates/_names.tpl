{{- define "gistpool.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{/* Short, since the names of pods grow by their pool and two hashes, and a card's name has at most 64 characters. */}}
{{- define "gistpool.fullname" -}}
{{- $name := include "gistpool.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{/* (list $ component [pool]) */}}
{{- define "gistpool.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "gistpool.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- if gt (len .) 2 }}
gistpool/pool: {{ index . 2 }}
{{- end }}
{{- end -}}

{{- define "gistpool.labels" -}}
{{- $root := index . 0 -}}
{{ include "gistpool.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{/* (list $ image suffix-of-the-default-tag) */}}
{{- define "gistpool.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $tag := default (printf "%s%s" $root.Chart.AppVersion (index . 2)) $image.tag -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end -}}
{{- $image.repository }}:{{ $tag }}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* What may be anything on the way through YAML and Go comes out as the text that a process reads: no 1e+06. */}}
{{- define "gistpool.text" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* (list values name default): the value, a zero too, which Go takes for none. */}}
{{- define "gistpool.given" -}}
{{- $values := index . 0 -}}
{{- include "gistpool.text" (ternary (index $values (index . 1)) (index . 2) (hasKey $values (index . 1))) -}}
{{- end -}}
