# Runs the code of Logstash's ruby filter on events: a line of JSON with code and event in, the event out. The class has
# those methods of Logstash's event that the pipelines use, and no other.
require "bigdecimal"
require "json"

# Logstash has decimal numbers as BigDecimal, and writes them as numbers.
def numbers(value)
  case value
  when Hash then value.transform_values { |item| numbers(item) }
  when Array then value.map { |item| numbers(item) }
  when BigDecimal then value.to_f
  else value
  end
end

class Event
  def initialize(data)
    @data = data
  end

  def get(reference)
    *path, key = names(reference)
    holder = path.reduce(@data) { |target, name| target.is_a?(Hash) ? target[name] : nil }
    holder.is_a?(Hash) ? holder[key] : nil
  end

  def set(reference, value)
    *path, key = names(reference)
    path.reduce(@data) { |target, name| target[name] ||= {} }[key] = value
  end

  def remove(reference)
    *path, key = names(reference)
    holder = path.reduce(@data) { |target, name| target.is_a?(Hash) ? target[name] : nil }
    holder.is_a?(Hash) ? holder.delete(key) : nil
  end

  def tag(name)
    @data["tags"] = (Array(@data["tags"]) + [name]).uniq
  end

  def to_hash
    @data.reject { |name, _| name == "@metadata" }
  end

  def to_json(*)
    JSON.generate(numbers(to_hash))
  end

  def everything
    @data
  end

  private

  def names(reference)
    reference.start_with?("[") ? reference.scan(/\[([^\]\[]+)\]/).flatten : [reference]
  end
end

methods = {}
$stdout.sync = true
while (line = $stdin.gets)
  request = JSON.parse(line, decimal_class: BigDecimal)
  event = Event.new(request["event"])
  methods[request["code"]] ||= eval("lambda { |event|\n#{request["code"]}\n}", binding, "(ruby filter code)")
  begin
    methods[request["code"]].call(event)
  rescue Exception => error
    $stderr.puts("#{error.class}: #{error.message}")
    event.tag("_rubyexception")
  end
  puts(JSON.generate(numbers(event.everything)))
end
