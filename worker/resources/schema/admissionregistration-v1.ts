export default `
MutatingAdmissionPolicy
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? MutatingAdmissionPolicySpec 2
MutatingAdmissionPolicySpec
  paramKind? *ParamKind 1
  matchConstraints? *MatchResources 2
  variables? []Variable 3 atomic
  mutations? []Mutation 4 atomic
  failurePolicy? *string 5 enum=Fail|Ignore
  matchConditions? []MatchCondition 6 map=name patch=merge:name
  reinvocationPolicy? string 7 enum=IfNeeded|Never
ParamKind atomic
  apiVersion? string 1
  kind? string 2
MatchResources atomic
  namespaceSelector? *meta.v1.LabelSelector 1
  objectSelector? *meta.v1.LabelSelector 2
  resourceRules? []NamedRuleWithOperations 3 atomic
  excludeResourceRules? []NamedRuleWithOperations 4 atomic
  matchPolicy? *string 7 enum=Equivalent|Exact
NamedRuleWithOperations atomic
  resourceNames? []string 1 atomic
  ~ruleWithOperations RuleWithOperations 2
RuleWithOperations
  operations? []string 1 atomic enum=*|CONNECT|CREATE|DELETE|UPDATE
  ~rule Rule 2
Rule
  apiGroups? []string 1 atomic
  apiVersions? []string 2 atomic
  resources? []string 3 atomic
  scope? *string 4 enum=*|Cluster|Namespaced
Variable atomic
  name string 1
  expression string 2
Mutation
  patchType string 2 enum=ApplyConfiguration|JSONPatch
  applyConfiguration? *ApplyConfiguration 3
  jsonPatch? *JSONPatch 4
ApplyConfiguration
  expression? string 1
JSONPatch
  expression? string 1
MatchCondition
  name string 1
  expression string 2
MutatingAdmissionPolicyBinding
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? MutatingAdmissionPolicyBindingSpec 2
MutatingAdmissionPolicyBindingSpec
  policyName? string 1
  paramRef? *ParamRef 2
  matchResources? *MatchResources 3
ParamRef atomic
  name? string 1
  namespace? string 2
  selector? *meta.v1.LabelSelector 3
  parameterNotFoundAction? *string 4
MutatingWebhookConfiguration
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  webhooks? []MutatingWebhook 2 map=name patch=merge:name
MutatingWebhook
  name string 1
  clientConfig WebhookClientConfig 2
  rules? []RuleWithOperations 3 atomic
  failurePolicy? *string 4 enum=Fail|Ignore
  matchPolicy? *string 9 enum=Equivalent|Exact
  namespaceSelector? *meta.v1.LabelSelector 5
  objectSelector? *meta.v1.LabelSelector 11
  sideEffects *string 6 enum=None|NoneOnDryRun|Some|Unknown
  timeoutSeconds? *int32 7
  admissionReviewVersions []string 8 atomic
  reinvocationPolicy? *string 10 enum=IfNeeded|Never
  matchConditions? []MatchCondition 12 map=name patch=merge:name
WebhookClientConfig
  url? *string 3
  service? *ServiceReference 1
  caBundle? bytes 2
ServiceReference
  namespace string 1
  name string 2
  path? *string 3
  port? *int32 4
ValidatingAdmissionPolicy
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? ValidatingAdmissionPolicySpec 2
  status? ValidatingAdmissionPolicyStatus 3
ValidatingAdmissionPolicySpec
  paramKind? *ParamKind 1
  matchConstraints? *MatchResources 2
  validations? []Validation 3 atomic
  failurePolicy? *string 4 enum=Fail|Ignore
  auditAnnotations? []AuditAnnotation 5 atomic
  matchConditions? []MatchCondition 6 map=name patch=merge:name
  variables? []Variable 7 map=name patch=merge:name
Validation
  expression string 1
  message? string 2
  reason? *string 3
  messageExpression? string 4
AuditAnnotation
  key string 1
  valueExpression string 2
ValidatingAdmissionPolicyStatus
  observedGeneration? int64 1
  typeChecking? *TypeChecking 2
  conditions? []meta.v1.Condition 3 map=type
TypeChecking
  expressionWarnings? []ExpressionWarning 1 atomic
ExpressionWarning
  fieldRef string 2
  warning string 3
ValidatingAdmissionPolicyBinding
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  spec? ValidatingAdmissionPolicyBindingSpec 2
ValidatingAdmissionPolicyBindingSpec
  policyName? string 1
  paramRef? *ParamRef 2
  matchResources? *MatchResources 3
  validationActions? []string 4 set enum=Audit|Deny|Warn
ValidatingWebhookConfiguration
  kind? string -
  apiVersion? string -
  metadata? meta.v1.ObjectMeta 1
  webhooks? []ValidatingWebhook 2 map=name patch=merge:name
ValidatingWebhook
  name string 1
  clientConfig WebhookClientConfig 2
  rules? []RuleWithOperations 3 atomic
  failurePolicy? *string 4 enum=Fail|Ignore
  matchPolicy? *string 9 enum=Equivalent|Exact
  namespaceSelector? *meta.v1.LabelSelector 5
  objectSelector? *meta.v1.LabelSelector 10
  sideEffects *string 6 enum=None|NoneOnDryRun|Some|Unknown
  timeoutSeconds? *int32 7
  admissionReviewVersions []string 8 atomic
  matchConditions? []MatchCondition 11 map=name patch=merge:name
`;
