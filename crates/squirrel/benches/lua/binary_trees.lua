-- Allocation and release of many small trees of class instances: tables that share a metatable.
local Node = {}
Node.__index = Node

function Node.new(depth)
    local node = setmetatable({ left = nil, right = nil }, Node)
    if depth > 0 then
        node.left = Node.new(depth - 1)
        node.right = Node.new(depth - 1)
    end
    return node
end

function Node:check()
    return self.left == nil and 1 or 1 + self.left:check() + self.right:check()
end

local minDepth, maxDepth = 4, 14
local sum = Node.new(maxDepth + 1):check()
local longLived = Node.new(maxDepth)

for depth = minDepth, maxDepth, 3 do
    local iterations = 1 << (maxDepth - depth + minDepth)
    local check = 0
    for i = 1, iterations do check = check + Node.new(depth):check() end
    sum = sum + check
end
sum = sum + longLived:check()
print("trees " .. sum)
