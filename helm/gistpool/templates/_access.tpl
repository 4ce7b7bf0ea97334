{{- define "gistpool.access.secret" -}}
{{- default (printf "%s-access" (include "gistpool.fullname" .)) .Values.access.existingSecret.name -}}
{{- end -}}

{{/* The key of the secret with which KEDA asks for cards and Prometheus for figures. */}}
{{- define "gistpool.access.readKey" -}}
{{- default .Values.access.existingSecret.bootstrapKey .Values.access.existingSecret.readKey -}}
{{- end -}}

{{/* (list $ variable) */}}
{{- define "gistpool.access.env" -}}
{{- $root := index . 0 -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ include "gistpool.access.secret" $root }}
      key: {{ $root.Values.access.existingSecret.bootstrapKey }}
{{- end -}}

{{/* A secret that is made once: (list $ name component key). Where a chart is only rendered nothing can be looked up. */}}
{{- define "gistpool.madeSecret" -}}
{{- $root := index . 0 -}}
{{- $before := (default dict (lookup "v1" "Secret" $root.Release.Namespace (index . 1))).data -}}
# Made once. Where a chart is only rendered nothing can be looked up, and each rendering makes another: name a secret there.
apiVersion: v1
kind: Secret
metadata:
  name: {{ index . 1 }}
  labels: {{- include "gistpool.labels" (list $root (index . 2)) | nindent 4 }}
  annotations: { helm.sh/resource-policy: keep }
type: Opaque
data:
  {{ index . 3 }}: {{ default (randAlphaNum 32 | b64enc) (index (default dict $before) (index . 3)) }}
{{- end -}}
